"""Templates are trees that are filled, never texts that are pasted into."""

from __future__ import annotations

import pytest

from tallybridge.destinations.tigerpaw.template import ChargeTemplate, TemplateError, ValueNotWritable

NOTHING: frozenset[str] = frozenset()


def filled(text: str, **values: str) -> str:
    return ChargeTemplate(text, required=NOTHING).fill(values).toxml()


@pytest.mark.parametrize(
    ("template", "values", "xml"),
    [
        ('<C id="{item}"/>', {"item": "KES"}, '<C id="KES"/>'),
        ("<C><Id>{item}</Id></C>", {"item": "KES"}, "<C><Id>KES</Id></C>"),
        ('<C id="a-{item}-{quantity}"/>', {"item": "KES", "quantity": "3"}, '<C id="a-KES-3"/>'),
        ('<C id="{item}"/>', {"item": '"/><Evil x="&<'}, '<C id="&quot;/&gt;&lt;Evil x=&quot;&amp;&lt;"/>'),
        ("<C>{item}</C>", {"item": "</C><Evil/>"}, "<C>&lt;/C&gt;&lt;Evil/&gt;</C>"),
        ('<C id="{item}"/>', {"item": "{quantity}"}, '<C id="{quantity}"/>'),
        ('<C id="{{{item}}}"/>', {"item": "KES"}, '<C id="{KES}"/>'),
        ("<!-- a --><C><!-- was {x --><?p {y?><D/></C>", {}, "<C><D/></C>"),
        ('<v:C xmlns:v="urn:v" xmlns="urn:d" z="1" a="{item}"/>', {"item": "K"}, '<v:C xmlns:v="urn:v" xmlns="urn:d" z="1" a="K"/>'),
    ],
    ids=["attribute", "text", "several", "markup in attribute", "markup in text", "a value is not filled again", "braces", "comments", "as captured"],
)
def test_values_are_filled_in(template: str, values: dict[str, str], xml: str) -> None:
    assert filled(template, **values) == xml


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "a\x00b", "a\x1fb", "a\ufffeb"])
def test_a_value_that_xml_would_change_is_refused(value: str) -> None:
    with pytest.raises(ValueNotWritable, match="cannot be sent unchanged"):
        filled('<C id="{item}"/>', item=value)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("<C", "well-formed"),
        ("<A/><B/>", "well-formed"),
        ("<p:C/>", "unbound prefix"),
        ('<!DOCTYPE C [<!ENTITY e "x">]><C/>', "DTD"),
        ("<C><![CDATA[{item}]]></C>", "CDATA"),
        ('<C id="{itme}"/>', r"unknown placeholder \{itme\}; known are \{agreement\}"),
        ('<C id="{item"/>', "single brace"),
        ('<C id="item}"/>', "single brace"),
        ('<C id="{charge}{item}"/>', r"placeholder \{charge\} has no value here"),
        ("<C/>", r"placeholder \{item\} is missing"),
        ("<C><!-- {item} --></C>", r"placeholder \{item\} is missing"),
        ("<{item}/>", "well-formed"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(template: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        ChargeTemplate(template, required=frozenset({"item"}), forbidden=frozenset({"charge"}))
