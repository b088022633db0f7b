"""From one source to what readers and students get: executed solutions, the students' notebooks, the students' wheel."""
