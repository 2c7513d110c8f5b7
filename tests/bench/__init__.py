"""The headline figures. `./run bench` measures them all and writes build/bench.json."""
