"""The districts, their authorities and departments, and the insurance agencies.

A district is a tenant.  Sixteen districts and the development zone come from ``tenants/<code>/district.yaml`` (the agencies
from 京医保中心发〔2025〕4号 附件3), the municipality itself from ``tenants/beijing``; ``shequ provision`` writes them.
Implements: MIC-A3; domain model B.1 (Jurisdiction, Tenant, Authority, InsuranceAgency).
"""
