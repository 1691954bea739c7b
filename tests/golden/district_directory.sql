-- districts
SELECT '{"districts":' || coalesce((
  SELECT '[' || string_agg('{"code":' || to_json(t1.code)::text ||
  ',"name":' || to_json(t1.name)::text ||
  ',"kind":"' || t1.kind ||
  '","divisionCode":' || coalesce(to_json(t1.division_code)::text, 'null') ||
  ',"insuranceAgency":' || coalesce((
    SELECT '{"name":' || to_json(t2.name)::text ||
    ',"phones":' || to_json(t2.phones)::text ||
    ',"email":' || to_json(t2.email)::text || '}'
    FROM insurance_agency t2
    WHERE t2.tenant_id = t1.tenant_id
  ), 'null') || '}', ',' ORDER BY t1.display_order ASC, t1.id ASC) || ']'
  FROM district t1
  WHERE t1.kind <> 'MUNICIPALITY'
), '[]') || '}'
