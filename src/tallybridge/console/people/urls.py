"""Addresses of people, invitations and the audit trail."""

from __future__ import annotations

from django.urls import path

from tallybridge.console.people import audit_trail, invitations, views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/invite/", invitations.invite, name="people-invite"),
    path("people/invitations/<int:invitation>/withdraw/", invitations.withdraw, name="people-withdraw"),
    path("people/<int:person>/", views.person, name="people-person"),
    path("people/<int:person>/role/", views.role, name="people-role"),
    path("people/<int:person>/active/", views.active, name="people-active"),
    path("people/<int:person>/two-step/", views.reset_second_step, name="people-two-step"),
    path("invitation/<str:secret>/", invitations.accept, name="invitation"),
    path("audit/", audit_trail.audit, name="audit"),
    path("audit/audit.csv", audit_trail.download, name="audit-csv"),
]
