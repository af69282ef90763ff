"""What the tests stand on: servers, states of the database, the test library, races."""
