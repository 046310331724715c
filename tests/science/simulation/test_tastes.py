"""Subject lines as features, and what they do to everybody at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.science.simulation import subject_features
from drumbeat.science.simulation.tastes import NAMES, features_for
from tests.science.simulation.worlds import town

PLAIN = "A plain mail"


def found(subject: str) -> set[str]:
    features = subject_features(subject)
    return {name for name, value in zip(NAMES, features, strict=True) if value}


@pytest.mark.parametrize(
    ("subject", "features"),
    [
        (PLAIN, set()),
        ("Ready to begin?", {"question"}),
        ("3 ideas", {"number"}),
        ("Save 20%", {"offer", "number"}),
        ("Ends tonight", {"urgency"}),
        ("Inside the workshop", {"curiosity"}),
        ("Spring is here 🌷", {"emoji"}),
        ("HURRY! BIGGEST SALE!!", {"urgency", "offer", "shouting"}),
        ("A long subject that goes on and on until nobody reads it any more", {"length"}),
        ("{{ only_today | default: '7 now?' }} Hello", set()),
    ],
)
def test_a_subject_is_read_as_the_features_a_person_would_name(
    subject: str, features: set[str]
) -> None:
    assert found(subject) == features


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_finite_features(subject: str) -> None:
    features = np.array(subject_features(subject))
    assert features.shape == (len(NAMES),)
    assert np.isfinite(features).all()
    assert ((features >= 0) & (features <= 3)).all()


def test_a_name_or_an_interest_counts_only_for_its_owner() -> None:
    people = town().people
    everyone = np.arange(len(people))
    name = people.first_names[np.flatnonzero(np.array(people.first_names) != "")[0]]
    named = features_for(people, everyone, f"{name}, a word")[:, NAMES.index("personal_name")]
    assert (named == (np.array(people.first_names) == name)).all()
    by_template = features_for(people, everyone, "{{ first_name }}, a word")
    has_name = np.array(people.first_names) != ""
    assert (by_template[:, NAMES.index("personal_name")] == has_name).all()
    garden = features_for(people, everyone, "Your garden")[:, NAMES.index("interest")]
    gardeners = ["garden" in contact.attributes["interests"] for contact in town().contacts]
    assert (garden == gardeners).all()


def test_true_rates_rise_with_appeal_and_fall_with_shouting() -> None:
    plain = town().true_rates(PLAIN).open_rate
    named = town().true_rates("{{ first_name }}, a plain mail").open_rate
    asked = town().true_rates("{{ first_name }}, a plain mail?").open_rate
    loud = town().true_rates("A PLAIN LOUD mail!!").open_rate
    assert loud < plain < named < asked


def test_shouting_and_urgency_drive_people_away() -> None:
    plain, loud = town().true_rates(PLAIN), town().true_rates("LAST HOURS, final call!!")
    assert loud.unsubscribe_rate > 2 * plain.unsubscribe_rate
    assert loud.complaint_rate > 2 * plain.complaint_rate


def test_the_most_opened_subject_need_not_be_the_most_clicked() -> None:
    curious, offer = town().true_rates("The secret"), town().true_rates("A gift")
    assert curious.open_rate > 0.97 * offer.open_rate
    assert curious.click_rate < 0.9 * offer.click_rate


def test_tastes_differ_between_people() -> None:
    taste = town().truth.taste[:, NAMES.index("offer")]
    assert 0.25 < float((taste < 0).mean()) < 0.45


def test_levels_are_those_of_a_healthy_list() -> None:
    rates = town().true_rates(PLAIN)
    assert 0.20 < rates.open_rate < rates.read_rate < 0.30
    assert 0.025 < rates.click_rate < 0.045
    assert 0.006 < rates.conversion_rate < 0.014
    assert 0.001 < rates.unsubscribe_rate < 0.003
    assert rates.complaint_rate < 0.001
    assert "simulated truth" in rates.method


def test_machines_are_as_common_as_published() -> None:
    assert town().truth.private.mean() == pytest.approx(0.16, abs=0.02)
    assert town().truth.scanned.mean() == pytest.approx(0.04, abs=0.01)
