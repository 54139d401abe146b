"""The doors: how a unit without an account in Airflow sends its workbooks and gets its answers.

Called by steps. Whatever the door (web, WebDAV, e-mail), a file goes the same way: checked at once as the intake
checks, put whole into the unit's inbox folder, answered by the intake. A door never loads, and never decides on a file.
"""
