"""Sentences of services and domain that people read on pages: named here, so that they are translated."""

from mispmini.web.i18n import N_

SENTENCES = (
    N_("Wrong e-mail or password."),
    N_("Too many wrong attempts. Wait five minutes, then try again."),
    N_("This page was open for too long. Nothing was saved. Please try again."),
    N_("This request came from another site."),
    N_("This server does not answer to that host name."),
    N_("This server is not set up yet. Open the set-up link that it printed when it started."),
    N_("This set-up link is used up or older than a day. Restart the server: it prints a new one."),
    N_("This server is set up already."),
    N_("A URL like https://misp.example.org, without a path."),
    N_("You do not have permission to use this functionality."),
    N_("You do not have permission to do that."),
    N_("You are not authorised to do that."),
    N_("Please enter a valid email address."),
    N_("An account with this email address already exists."),
    N_("The current password is wrong."),
    N_("Another process is writing. Please try again in a moment."),
    N_("The database cannot be written at the moment. Please try again."),
    N_("The disk refused the write. Nothing was stored."),
    N_("Invalid event"),
)
