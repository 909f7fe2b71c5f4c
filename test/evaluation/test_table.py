# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables in Markdown."""

from crestereo_ros.evaluation.table import print_head, print_row


def test_a_table(capsys):
    print_head('**Times.**', 'Method', 'ms')
    print_row('ours', 12)

    assert capsys.readouterr().out == (
        '\n**Times.**\n\n| Method | ms |\n| --- | --- |\n| ours | 12 |\n'
    )
