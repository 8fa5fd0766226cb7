"""The nine rules of nine_rules.aid for OpenFisca-core or PolicyEngine-core, in their own style.

Run by the peer's own interpreter; money is in yuan as their floats.
"""

# mypy: ignore-errors
from importlib import import_module
from importlib.util import find_spec

import numpy as np

PERIOD = "2024-06"
STANDARDS = (645, 710, 782, 835, 880, 925, 990, 1053, 1132.5, 1245)
COUNTIES = tuple(f"c{n}" for n in range(len(STANDARDS)))
OUTPUTS = ("amount", "eligible", "single_person", "care")
IS_OPENFISCA = find_spec("openfisca_core") is not None
CORE = "openfisca_core" if IS_OPENFISCA else "policyengine_core"


def of_core(module, *names):
    found = import_module(f"{CORE}.{module}")
    return [getattr(found, name) for name in names]


(build_entity,) = of_core("entities", "build_entity")
(Enum,) = of_core("indexed_enums" if IS_OPENFISCA else "enums", "Enum")
(ParameterNode,) = of_core("parameters", "ParameterNode")
(MONTH,) = of_core("periods", "MONTH")
(TaxBenefitSystem,) = of_core("taxbenefitsystems", "TaxBenefitSystem")
(Variable,) = of_core("variables", "Variable")
(SimulationBuilder,) = of_core(
    "simulation_builder" if IS_OPENFISCA else "simulations", "SimulationBuilder"
)

Person = build_entity(key="person", plural="persons", label="Person", is_person=True)
Household = build_entity(
    key="household",
    plural="households",
    label="Household",
    roles=[{"key": "member", "plural": "members", "label": "Member"}],
)


class County(Enum):
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 = (f"County {n}" for n in range(10))


INPUTS = (
    ("wage", Person, float, {}),
    ("other_income", Person, float, {}),
    ("age", Person, int, {}),
    ("disability", Person, int, {}),
    ("county", Household, Enum, {"possible_values": County, "default_value": County.c0}),
    ("assets", Household, float, {}),
)


def counted_income(person, period, parameters):
    wage = person("wage", period)
    return wage - parameters(period).work_deduction * wage + person("other_income", period)


def size(household, period, parameters):
    return household.nb_persons()


def per_head(household, period, parameters):
    total = household.sum(household.members("counted_income", period))
    return total / household("size", period)


def standard(household, period, parameters):
    return parameters(period).standard[household("county", period)]


def eligible(household, period, parameters):
    line = household("standard", period)
    is_poor = household("per_head", period) < line
    return is_poor * (household("assets", period) <= 24 * line * household("size", period))


def is_supplemented(person, period, parameters):
    age = person("age", period)
    return (person("disability", period) == 2) + (age >= 70) + (age <= 16)


def base_amount(household, period, parameters):
    gap = household("standard", period) - household("per_head", period)
    return gap * household("size", period)


def supplement(household, period, parameters):
    raised = household.sum(household.members("is_supplemented", period))
    return 0.3 * household("standard", period) * raised


def amount(household, period, parameters):
    whole = household("base_amount", period) + household("supplement", period)
    return np.where(household("eligible", period), np.ceil(whole), 0)


def margin(household, period, parameters):
    return household("per_head", period) < 1.5 * household("standard", period)


def single_person(person, period, parameters):
    is_near = person.household("margin", period) * np.logical_not(
        person.household("eligible", period)
    )
    gap = person.household("standard", period) - person("counted_income", period)
    return np.where(is_near * (person("disability", period) == 2), np.maximum(gap, 0), 0)


def care(person, period, parameters):
    level = person("disability", period)
    return np.select([level == 2, level == 1], [20, 10], 0)


FORMULAS = (
    (counted_income, Person, float),
    (size, Household, int),
    (per_head, Household, float),
    (standard, Household, float),
    (eligible, Household, bool),
    (is_supplemented, Person, bool),
    (base_amount, Household, float),
    (supplement, Household, float),
    (amount, Household, float),
    (margin, Household, bool),
    (single_person, Person, float),
    (care, Person, int),
)


def system():
    """Return the rules."""

    def variable(name, entity, value_type, **rest):
        body = {
            "value_type": value_type,
            "entity": entity,
            "definition_period": MONTH,
            "label": name,
        }
        return type(name, (Variable,), body | rest)

    found = [variable(name, entity, kind, **rest) for name, entity, kind, rest in INPUTS]
    found += [variable(f.__name__, entity, kind, formula=f) for f, entity, kind in FORMULAS]
    if IS_OPENFISCA:
        made = TaxBenefitSystem([Person, Household])
    else:
        settings = {
            "entities": [Person, Household],
            "variables_dir": None,
            "parameters_dir": None,
            "auto_carry_over_input_variables": False,
        }
        made = type("System", (TaxBenefitSystem,), settings)([Person, Household])

    def dated(value):
        return {"values": {"2024-01-01": {"value": value}}}

    lines = {county: dated(float(line)) for county, line in zip(COUNTIES, STANDARDS, strict=True)}
    made.parameters = ParameterNode("", data={"work_deduction": dated(0.2), "standard": lines})
    made.add_variables(*found)
    return made


def simulation(made, persons, households, homes, facts, *, trace=False):
    """Return the rules over some persons and households, the facts told.

    Args:
        made: The rules.
        persons: The ids of the persons.
        households: Those of the households.
        homes: The id of the household of each person.
        facts: Arrays by name.
        trace: Whether it keeps a trace.
    """
    builder = SimulationBuilder()
    builder.create_entities(made)
    builder.declare_person_entity("person", persons)
    household = builder.declare_entity("household", households)
    builder.join_with_persons(household, homes, np.zeros(len(persons), dtype=np.int64))
    found = builder.build(made)
    found.trace = trace
    for name, values in facts.items():
        found.set_input(name, PERIOD, values)
    return found


def calculated(found):
    """Return the answers of a simulation."""
    return {output: found.calculate(output, PERIOD) for output in OUTPUTS}
