"""Addresses of signing in, signing out and the own account."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.signing_in import own_account, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("second-step/", views.second_step, name="second-step"),
    path("unsent/", views.not_sent, name="unsent"),
    path("account/", own_account.own_account, name="own-account"),
    path("account/two-step/", own_account.set_up_second_step, name="own-second-step"),
    path("account/two-step/code.svg", own_account.second_step_picture, name="own-second-step-picture"),
    path("account/two-step/recovery/", own_account.new_recovery_codes, name="own-recovery-codes"),
    path("account/two-step/remove/", own_account.remove_second_step, name="own-second-step-remove"),
]
