"""Addresses of the customers' pages."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.customers import one_view, suggestion_views, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/billing/", views.billing, name="customers-billing"),
    path("customers/accounts/", views.accounts, name="customers-accounts"),
    path("customers/accounts/read/", suggestion_views.read_accounts, name="customers-read-accounts"),
    path("customers/suggestions/", suggestion_views.suggestions, name="customers-suggestions"),
    path("customers/suggestions/look/", suggestion_views.look, name="customers-look"),
    path("customers/link/<path:key>/", one_view.link, name="customers-link"),
    path("customers/agreements/<path:key>/", one_view.agreements, name="customers-agreements"),
    path("customers/one/<path:key>/", one_view.customer, name="customer"),
]
