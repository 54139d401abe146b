"""Simulated data and measurements. Not part of the product: nothing in `etl` may import this.

Every number made here is simulated and every workbook filled here says SỐ LIỆU MÔ PHỎNG.
"""
