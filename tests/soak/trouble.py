"""Faults of the whole line, one after the other at random times: what each does to the world, and for how long."""

from __future__ import annotations

from tests.soak.plant import FAULT_EVERY_NS, LINE_FAULTS, MS, SPEEDS, Deck
from tests.soak.world import World


class Trouble:
    """Plays faults in a world, as long as it runs."""

    def __init__(self, world: World, every_ns: int = FAULT_EVERY_NS) -> None:
        self._world, self._every_ns = world, every_ns
        self._deck = Deck(LINE_FAULTS, world.random)
        self._plan()
        world.clock.after(700 * MS, self._new_speed)

    def _plan(self) -> None:
        wait_ns = int(self._world.random.expovariate(1) * self._every_ns)
        self._world.clock.after(wait_ns, self._strike)

    def _strike(self) -> None:
        kind = self._deck.draw()
        if self._play(kind):
            self._world.truth.tally.faults[kind] += 1
            self._world.faults_played += 1
        else:
            self._world.truth.tally.faults[f"{kind}: could not be played"] += 1
        self._plan()

    def _ms(self, least: int, most: int) -> int:
        return self._world.random.randrange(least, most) * MS

    def _play(self, kind: str) -> bool:
        world = self._world
        network, line, station = world.network, world.line, world.station
        match kind:
            case "link cut":
                for_ns = self._ms(1, 600)
                self._for(for_ns, network, "down")
                network.cut()
            case "link dead at one end":
                for_ns = self._ms(100, 900)
                self._for(for_ns, network, "down")
                network.die()
            case "messages lost":
                for_ns = self._ms(200, 1500)
                self._for(for_ns, network, "lossy")
            case "messages slow":
                for_ns = self._ms(200, 1000)
                self._for(for_ns, network, "slow")
            case "messages repeated late":
                for_ns = self._ms(300, 2000)
                self._for(for_ns, network, "repeating")
            case "several writers":
                for_ns = self._ms(300, 2000)
                self._for(for_ns, network, "overtaking")
                self._for(for_ns, world.plc, "several_writers")
            case "PLC restarts":
                if not world.plc.on:
                    return False
                for_ns = self._ms(1500, 1501)
                world.restart_plc()
            case "PLC scan slow":
                for_ns = self._ms(200, 800)
                world.plc.scan_slow_ns = self._ms(20, 120)
                world.clock.after(for_ns, setattr, world.plc, "scan_slow_ns", 0)
            case "PLC heartbeat stands":
                for_ns = self._ms(100, 1000)
                self._for(for_ns, world.plc, "heartbeat_stands")
            case "encoder jumps":
                for_ns = 0
                world.motion.offset += world.random.choice((-1, 1)) * world.random.choice(
                    (world.random.randrange(5_000, 60_000), world.random.getrandbits(31) | 1 << 20)
                )
                world.plc.encoder_lost()
            case "encoder unreadable":
                if not world.motion.readable:
                    return False
                for_ns = self._ms(20, 1200)
                world.motion.readable = False
                world.plc.encoder_lost()
                world.clock.after(for_ns, setattr, world.motion, "readable", True)
            case "belt runs back":
                for_ns = self._back(self._world.random.choice((20, 50, 200, 1_500)))
            case "belt stops":
                for_ns = self._ms(50, 2000)
                self._speed(0.0)
                world.clock.after(for_ns, self._speed, world.random.choice(SPEEDS))
            case "station killed":
                if station is None:
                    return False
                for_ns = 0
                station.fate.steps = world.random.randrange(40)
            case "station frozen":
                if station is None:
                    return False
                for_ns = self._ms(20, 900)
                world.frozen_until_ns = world.clock.now_ns + for_ns
            case "station loop slow":
                for_ns = self._ms(200, 1500)
                self._for(for_ns, world, "loop_slow")
            case "camera down":
                for_ns = self._ms(50, 900)
                world.set_camera(world.life, False)
                world.clock.after(for_ns, world.set_camera, world.life, True)
            case "worker dies":
                for_ns = self._ms(100, 600)
                world.workers.die(1, for_ns)
            case "all workers die":
                for_ns = self._ms(100, 600)
                world.workers.die(world.workers.alive, for_ns)
            case "air low":
                for_ns = self._ms(50, 900)
                self._for(for_ns, line, "air_low")
            case _:
                for_ns = self._ms(50, 900)
                self._for(for_ns, line, "bin_full")
        world.disturb(for_ns)
        return True

    def _for(self, for_ns: int, whose: object, what: str) -> None:
        setattr(whose, what, True)
        self._world.clock.after(for_ns, setattr, whose, what, False)

    def _speed(self, counts_per_s: float) -> None:
        self._world.motion.set_speed(counts_per_s, self._world.clock.now_ns)

    def _back(self, counts: int) -> int:
        """The belt stops, runs back by so many counts and goes on; what the PLC cannot take for settling it sees."""
        clock, back_ns = self._world.clock, 20 * MS
        self._speed(-counts / 0.02)
        clock.after(back_ns, self._speed, 0.0)
        if counts > 64:
            self._world.plc.encoder_lost()
            clock.after(back_ns, self._world.plc.encoder_lost)
        clock.after(60 * MS, self._speed, self._world.random.choice(SPEEDS))
        return 60 * MS

    def _new_speed(self) -> None:
        """No fault: lines run now faster, now slower, and settle back a little when they stop."""
        world = self._world
        if world.motion.speed > 0:
            self._speed(world.random.choice(SPEEDS))
        world.clock.after(int(world.random.expovariate(1) * 900 * MS) + 100 * MS, self._new_speed)
