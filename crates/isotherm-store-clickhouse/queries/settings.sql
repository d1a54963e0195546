-- Which settings are in force for us?
SELECT name, value
FROM system.settings
WHERE has({names:Array(String)}, name)
ORDER BY name
