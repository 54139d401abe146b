SELECT
    code,
    data_element_id
FROM core.current_data_element;
