"""The page room: what people see inside Airflow. Server-rendered, no scripts; whoever mounts it gives the login."""
