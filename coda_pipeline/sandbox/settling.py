"""Letting the doc come to rest: jumps ahead until every edit and write shows in reads."""

from coda_pipeline.sandbox.world import World


def settle(world: World) -> None:
    """Advances the clock past the write delay and the snapshot's lag, so that reads show all there is."""
    with world.lock:
        world.clock.advance(world.config.write_delay_s)
        world.catch_up()
        world.clock.advance(world.config.snapshot_lag_s)
        world.catch_up()
