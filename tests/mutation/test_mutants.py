"""What is changed, and that a change is noticed or not."""

from __future__ import annotations

import pytest

from tests.mutation.mutants import Mutant, mutants_of, mutated

TABLES = b"BOUND = 30\nSTAGES = (1, 7)\nWORD = 'a'\n"


def changed_to(text: str) -> list[str]:
    """The body of a function after each change."""
    source = f"def rule(a, b):\n    {text}\n".encode()
    return [mutated(source, one).decode().partition("\n")[2].strip() for one in mutants_of("rules", source)]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("return a < 3", ["return None", "return a <= 3", "return a < 4"]),
        ("return a is not b", ["return None", "return a is b"]),
        ("return not a", ["return None", "return a"]),
        ("return a or b", ["return None", "return False or b", "return a and b", "return a or False"]),
        ("return [x for x in a if x]", ["return None", "return [x for x in a if not x]", "return [x for x in a if True]"]),
        ("if a: b.add(1)", ["if not a: b.add(1)", "if a: pass", "if a: b.add(None)", "if a: b.add(2)"]),
        ("a += 1", ["a = 1", "a += 2"]),
        ('return f"{a} of {b}"', ['return "XX"', "return None"]),
        ("for x in a: continue", ["for x in a: break", "for x in a: pass"]),
    ],
)
def test_each_small_change_is_one_mutant(text: str, changes: list[str]) -> None:
    assert sorted(changed_to(text)) == sorted(changes)


def test_what_comes_to_the_same_text_is_one_mutant() -> None:
    assert changed_to("return a(sorted(b))").count("return a(None)") == 1


def test_tables_and_bounds_outside_of_functions_are_changed_and_words_are_not() -> None:
    texts = [mutated(TABLES, one) for one in mutants_of("rules", TABLES)]

    assert TABLES.replace(b"30", b"31") in texts
    assert TABLES.replace(b"(1, 7)", b"(7,)") in texts
    assert not any(b"'a'" not in text for text in texts)


def test_a_mutant_is_named_by_its_place_and_its_line_before_and_after() -> None:
    source = b"class Plan:\n    def stands(self, a):\n        return a == 1\n"

    names = {str(one) for one in mutants_of("plan", source)}

    assert "`plan.Plan.stands`: `return a == 1` → `return a != 1`" in names


def test_alike_lines_of_one_function_are_told_apart() -> None:
    source = b"def rule(a):\n    a(1)\n    a(1)\n"

    names = [str(one) for one in mutants_of("rules", source) if one.after == "pass"]

    assert names == ["`rules.rule`: `a(1)` → `pass`", "`rules.rule`: `a(1)` → `pass` (2)"]


def test_a_mutant_knows_the_lines_by_which_its_tests_are_found() -> None:
    source = b"def rule(a):\n    b = a\n    if (\n        a\n    ):\n        return 1\n"
    found: dict[str, Mutant] = {one.after: one for one in mutants_of("rules", source)}

    assert found["not a"].lines == range(3, 6)
    assert found["return 2"].lines == range(6, 7)
