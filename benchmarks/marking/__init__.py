"""How fast marking is, held against stock nbgrader and against bare in-process execution of the same work."""
