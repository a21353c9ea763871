from slawatch.core.evidence import CheckEvidence, ServiceEvidence


def test_the_samples_of_a_service_are_those_of_its_checks():
    checks = tuple(CheckEvidence(check=name, first_sample=0, held_until=9, samples=3) for name in "ab")
    assert ServiceEvidence(service="shop", checks=checks).samples == 6
    assert ServiceEvidence(service="shop", checks=()).samples == 0
