"""The instructor's side of Seeing What CNNs See: build the release, mark submissions, report.

Never installed on a student's machine and never visible to the process that runs a student's code.
"""
