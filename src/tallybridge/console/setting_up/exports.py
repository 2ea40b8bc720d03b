"""Taking export files of Business Hub in from the browser, for an integration that is in force."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tallybridge.configuration.records import BusinessHubSourceSettings
from tallybridge.console import audit, exports
from tallybridge.console.access import needs
from tallybridge.console.exports import ExportedField, ExportsField
from tallybridge.console.models import Role
from tallybridge.console.setting_up.frame import one_chosen
from tallybridge.ledger.opening import together
from tallybridge.sources.business_hub import ExportRefused


class SendForm(forms.Form):
    """The files."""

    exports = ExportsField(label="Exports", help_text="Files .json, .csv or .xlsx. Of several, all are taken or none.")
    exported = ExportedField()


@needs(Role.OPERATE)
@never_cache
def send(request: HttpRequest) -> HttpResponse:
    """Takes the files that are sent, whole or not at all; also where a file declares the integration: exports are no setting."""
    configuration = one_chosen(request).configuration
    if not isinstance(configuration.source, BusinessHubSourceSettings):
        raise Http404("Only an integration that reads Business Hub takes exports in.")
    name = configuration.integration.name
    form = SendForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            with together():
                taken = exports.take(name, form.cleaned_data["exports"], exported=form.cleaned_data["exported"])
                audit.note(request, "exports imported", name, after=exports.in_words(taken))
        except ExportRefused as refused:
            form.add_error("exports", refused.report)
        else:
            messages.success(request, f"{exports.in_words(taken)} The next plan takes the newest export of each company; nothing was written.")
            return redirect(f"{reverse('settings')}#source")
    shown = {"form": form, "name": name, "folder": configuration.source.folder}
    return render(request, "console/setting_up/exports.html", shown, status=400 if form.errors else 200)
