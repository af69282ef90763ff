"""Stock control: inventories, withdrawal by proposal, rotating collections, rebalancing."""
