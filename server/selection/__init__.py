"""Public selection 公开遴选 of operators for service gaps: call, applications, committee, sealed scores, publicity, award.

Implements: 社会力量举办社区卫生服务机构管理办法 第二章 (MTG-2-1 to MTG-10-4), with requirements A.7 machines 2 and 3; the
municipal measures of 2017 that bind whoever judges an application (BJ17-2-1, 2-2a, 2-2d, 5-12).  Runs in every district that
has an ADMISSION pack in force.
"""
