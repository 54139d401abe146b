-- The number of every data element there ever was.
SELECT
    code,
    data_element_id
FROM core.data_element;
