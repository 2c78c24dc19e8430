"""The only room with Qt: the window, its panels and views, and what a person can do in it.

- `app`, `program`, `main_window`: start, what stands behind the window, what it is wired of
- `actions`: every command as a row; `toolbar`, `palette`, `status`, `news`, `drops`, `welcome`
- `panels`: the docks; `views`: the painted views; `parts`: the widgets that both are made of
- `player`, `timeline`: time; `theme`, `icons`, `stylesheet`: looks; `bind`: widgets to session
- `bench`, `filter_tools`, `walker`, `banks_row`: tools for filters
- `screenshot`: the window as a picture, without a person
"""
