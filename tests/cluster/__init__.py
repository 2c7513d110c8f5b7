"""Three nodes of RabbitMQ in the place of mosquitto: `./run test-cluster`."""
