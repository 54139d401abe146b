"""The forms room: issues the workbook of a unit and period from the catalogue, with its manifest.

Called by steps. Never touches the database or the clock; same catalogue, same bytes.
"""

from etl.forms.form_sending import FormExtras, FormSending, build_form_sending
from etl.forms.issue import build_form_file_name, issue_form

__all__ = ["FormExtras", "FormSending", "build_form_file_name", "build_form_sending", "issue_form"]
