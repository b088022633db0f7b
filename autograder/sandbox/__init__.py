"""The boundary between the marker and a student's code.

``worker/`` runs on the untrusted side; the modules beside it run on the trusted side.
"""
