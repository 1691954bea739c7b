"""Designation for medical insurance: windows, applications, evaluations, publicity, agreements, bars (MIC)."""
