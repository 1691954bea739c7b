"""The working-day calendar with 调休, official or provisional by year, and the arithmetic of deadlines.

Chinese working days are made by notice: each autumn the State Council moves weekends around the next year's holidays,
so a Sunday may be worked and a Thursday be free.  A year whose notice is loaded is OFFICIAL; before that it is
PROVISIONAL, and everything computed over it says so.

Implements: MIC-3-1a, MIC-3-1d, MIC-3-3 (with A-MIC-1, A-MIC-2, A-MIC-10), the reporting days of A-YZ-2, and the ways of
counting of 民法典 200–204, 行政许可法 82 and 行政处罚法 85.
"""
