"""What each weight of a policy is for, and its default: the one place where the defaults stand.

The names are those of :class:`matching.policy.Policy`; each is a setting, ``POLICY_`` and the name in capitals.
"""

WEIGHTS: dict[str, tuple[int, str]] = {
    "rest_m": (3000, "metres more for a volunteer asked just now; they fade over POLICY_REST_DAYS"),
    "rest_days": (14, "days until a volunteer has rested from a request"),
    "week_m": (600, "metres more for each request to a volunteer in the last seven days"),
    "load_m": (1500, "metres more for each request of the last thirty days above the average nearby, four at the most"),
    "silence_m": (500, "metres more for a volunteer who never says yes; part of them by the share of other answers"),
    "waiting_m": (200, "metres that each day of waiting adds to what a request is worth, fourteen days at the most"),
    "continuity_m": (500, "metres less for a resident and a volunteer of whom an earlier match went well"),
}
"""By name: the default, in metres or days, and a sentence."""
