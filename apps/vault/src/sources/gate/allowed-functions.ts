import type { GateDialect } from './sql-gate.ts'

/**
 * What a model's own statement may call: functions that compute from what they are given, and no more. None reads a file, a
 * setting or a statement in a text; none waits, locks, writes, or speaks to anybody. Sequences and large objects are not here.
 */
const everywhere = `
abs acos asin atan atan2 avg ceil ceiling coalesce concat concat_ws cos count cume_dist degrees dense_rank exp first_value floor
lag last_value lead left length ln log log10 log2 lower ltrim max min mod nth_value ntile nullif percent_rank pi power radians
rank replace right round row_number rtrim sign sin sqrt substr substring sum tan trim upper`

const postgres = `
age any_value array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions
array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii bit_and bit_length bit_or bool_and
bool_or btrim cardinality cbrt char_length character_length chr clock_timestamp convert_from convert_to corr cot covar_pop
covar_samp date date_bin date_part date_trunc decode div encode every extract format gcd generate_series generate_subscripts
get_byte greatest grouping host initcap int4 int8 isempty isfinite json_agg json_array_elements json_array_elements_text
json_array_length json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
json_object json_object_agg json_object_keys json_strip_nulls json_typeof jsonb_agg jsonb_array_elements
jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
jsonb_extract_path_text jsonb_object jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query
jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours
justify_interval lcm least like_escape lower_inc lower_inf lpad make_date make_interval make_time make_timestamp
make_timestamptz masklen md5 mode netmask network now num_nonnulls num_nulls octet_length overlaps overlay percentile_cont
percentile_disc phraseto_tsquery plainto_tsquery position quote_ident quote_literal quote_nullable random regexp_count
regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat reverse row_to_json rpad
scale set_bit split_part starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
string_to_table strpos text timeofday timezone to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery
to_tsvector transaction_timestamp translate trim_array trim_scale trunc ts_headline ts_rank ts_rank_cd unnest upper_inc upper_inf
var_pop var_samp variance websearch_to_tsquery width_bucket`

const mysql = `
adddate addtime any_value ascii bin bit_and bit_count bit_length bit_or bit_xor cast char char_length character_length coercibility
conv convert convert_tz cot crc32 curdate current_date current_time current_timestamp curtime date date_add date_format
date_sub datediff day dayname dayofmonth dayofweek dayofyear elt export_set extract field find_in_set format from_base64
from_days from_unixtime greatest group_concat hex hour if ifnull insert instr isnull json_array json_arrayagg json_contains
json_contains_path json_depth json_extract json_keys json_length json_object json_objectagg json_overlaps json_query json_quote
json_search json_table json_type json_unquote json_valid json_value last_day lcase least locate lpad ltrim make_set makedate
maketime md5 microsecond mid minute month monthname now nullif oct octet_length ord period_add period_diff position quarter
quote rand regexp_instr regexp_like regexp_replace regexp_substr repeat reverse row rpad sec_to_time second sha1 sha2 soundex
space std stddev stddev_pop stddev_samp str_to_date strcmp subdate substring_index subtime sysdate time time_format time_to_sec
timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds truncate ucase unhex unix_timestamp utc_date
utc_time utc_timestamp var_pop var_samp variance week weekday weekofyear weight_string year yearweek`

const sqlite = `
acosh asinh atanh ceil char cosh date datetime format glob group_concat hex ifnull iif instr json json_array json_array_length
json_each json_extract json_group_array json_group_object json_object json_patch json_pretty json_quote json_remove
json_replace json_set json_tree json_type json_valid jsonb julianday like likelihood likely max median min percentile
percentile_cont percentile_disc printf quote random round sign sinh soundex strftime string_agg tanh time timediff total trunc
typeof unhex unicode unixepoch unlikely`

const words = (text: string): string[] => text.trim().split(/\s+/)

const allowed: Record<GateDialect, ReadonlySet<string>> = {
  postgres: new Set([...words(everywhere), ...words(postgres)]),
  mysql: new Set([...words(everywhere), ...words(mysql)]),
  sqlite: new Set([...words(everywhere), ...words(sqlite), '->', '->>', 'cast']),
}

/** In small letters. */
export const allowedFunctions = (dialect: GateDialect): ReadonlySet<string> => allowed[dialect]
