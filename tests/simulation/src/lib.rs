//! A package of its own for the seeded simulation (`tests/simulation`), as it alone of the tests is worth optimising.
