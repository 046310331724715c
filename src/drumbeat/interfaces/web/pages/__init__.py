"""Every page behind the sign-in: method, path, and the function that shows it."""

from drumbeat.interfaces.web.pages import (
    campaign,
    campaign_form,
    campaigns,
    home,
    preview,
    recipients,
)
from drumbeat.interfaces.web.visits import Page

PAGES: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/dashboard", home.show_home),
    ("GET", "/campaigns", campaigns.list_campaigns),
    ("GET", "/campaigns/new", campaign_form.show_new),
    ("POST", "/campaigns/new", campaign_form.create),
    ("GET", "/campaigns/{campaign_id}", campaign.show_campaign),
    ("GET", "/campaigns/{campaign_id}/plan", campaign.show_plan),
    ("GET", "/campaigns/{campaign_id}/live", campaign.show_live),
    ("GET", "/campaigns/{campaign_id}/preview", preview.show_preview),
    ("GET", "/campaigns/{campaign_id}/recipients", recipients.list_recipients),
    ("GET", "/campaigns/{campaign_id}/edit", campaign_form.show_edit),
    ("POST", "/campaigns/{campaign_id}/edit", campaign_form.change),
    ("POST", "/campaigns/{campaign_id}/decide", campaign.decide),
    ("POST", "/campaigns/{campaign_id}/launch", campaign.launch),
    ("POST", "/campaigns/{campaign_id}/pause", campaign.pause),
    ("POST", "/campaigns/{campaign_id}/resume", campaign.resume),
    ("POST", "/campaigns/{campaign_id}/cancel", campaign.cancel),
)
