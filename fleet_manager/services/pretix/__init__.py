"""Acts on a pretix that sells for the park: connect, map, pull what it sold, push who came in."""
