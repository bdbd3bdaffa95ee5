"""Direction of a link between two columns: the tests that must agree, as numbers without words."""
