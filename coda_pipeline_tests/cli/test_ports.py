"""Which port the UI gets."""

import socket

import pytest

from coda_pipeline.commands.ports import LOOPBACK, free_port, gateway_port, is_free, ui_port
from coda_pipeline.errors import ConfigurationError


def test_a_wanted_port_is_taken_as_it_is():
    wanted = free_port()
    assert ui_port(wanted) == wanted


def test_a_wanted_port_that_somebody_has_is_refused_by_name():
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(ConfigurationError, match=f"Port {port} is taken.*CODA_PIPELINE_UI_PORT"):
            ui_port(port)


def test_two_commands_that_start_together_get_two_ports():
    assert ui_port(None) != ui_port(None)


def test_the_gateway_gets_a_port_of_its_own_and_names_its_own_variable():
    assert gateway_port(None) != ui_port(None)
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} is taken.*CODA_PIPELINE_GATEWAY_PORT"):
            gateway_port(port)
