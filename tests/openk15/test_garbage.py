import gc

import pytest

from openk15.garbage import collection_paused


def test_collection_pauses_inside_and_goes_on_afterwards():
    with collection_paused():
        assert not gc.isenabled()
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collection_goes_on_after_an_error():
    with pytest.raises(KeyError), collection_paused():
        {}["none"]
    assert gc.isenabled()
