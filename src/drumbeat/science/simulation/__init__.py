"""Synthetic markets with known truth, for the demo, rehearsals and tests of every estimator.

Start at `market.draw_market`. An optimiser may see contacts, history and reactions; never `truth`,
`true_rates` or `by_machine`, which are what its answers are judged by.
"""

from drumbeat.science.simulation.contacts_csv import contacts_csv
from drumbeat.science.simulation.history import History, PastFact, PastMailing
from drumbeat.science.simulation.market import Market, Reaction, draw_market
from drumbeat.science.simulation.people import Contact
from drumbeat.science.simulation.rates import TrueRates
from drumbeat.science.simulation.tastes import subject_features

__all__ = [
    "Contact",
    "History",
    "Market",
    "PastFact",
    "PastMailing",
    "Reaction",
    "TrueRates",
    "contacts_csv",
    "draw_market",
    "subject_features",
]
