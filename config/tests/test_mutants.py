"""Each breakage that the tests are asked about can still be made: else it is a question that nobody hears."""

import pytest

from bench.mutants import Mutant, all_mutants
from embedded import ROOT


@pytest.mark.parametrize("mutant", all_mutants(), ids=lambda mutant: mutant.name)
def test_a_breakage_finds_its_line(mutant: Mutant) -> None:
    assert mutant.broken((ROOT / mutant.file).read_text()) is not None
