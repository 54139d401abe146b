"""The drafting room: attainment of a period → the files of its reports, as drafts; figures for the levels above."""
