"""The demonstration runs, and leaves a registry that shows what it says."""

import subprocess
import sys

import modelgroups as mg


def test_the_demo_saves_two_versions_and_sends_both_of_them_inferences(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "modelgroups", "demo", "--home", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("185 ground truths") == 2
    assert "tell V2 from V1" in done.stdout or "V2 is" in done.stdout
    assert "all is well" in done.stdout
    with mg.connect(tmp_path / "demo") as connection:
        versions = connection.get_model_group("Breast cancer").get_versions()
        assert [version.version_label for version in versions] == ["V2", "V1"]
        for version in versions:
            sent = version.inferences(columns=["p_malignant", "malignant"])
            right = (sent["p_malignant"] >= 0.5) == sent["malignant"]
            assert len(sent) == 185
            assert right.mean() > 0.9
