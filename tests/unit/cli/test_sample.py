"""The film of the demo is one that every provider could make."""

from cli.sample import sample_film


def test_it_is_six_scenes_of_shots_with_prompts_of_their_own() -> None:
    film = sample_film()
    shots = [shot for scene in film.scenes for shot in scene.shots]
    assert len(film.scenes) == 6
    assert 8 <= len(shots) <= 10
    assert len({scene.title for scene in film.scenes}) == 6
    assert len({shot.video_prompt for shot in shots}) == len(shots)
    assert {shot.duration_seconds for shot in shots} == {4, 6, 8}
    assert all(scene.narration for scene in film.scenes)
    assert all(shot.image_prompt for shot in shots)
    labels = [(number, shot.label) for number, scene in enumerate(film.scenes, 1) for shot in scene.shots]
    assert [label for number, label in labels if not label.startswith(str(number))] == []
