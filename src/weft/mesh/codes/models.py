"""Codes W3xx: W301 to W349 SQL, W350 to W369 the files of models and unit tests."""

from __future__ import annotations

from weft.mesh.code import Code

MODELS: dict[str, Code] = {
    "W301": Code(
        "A model is not valid SQL",
        "The text could not be read as SQL of the domain's `dialect`. The place shown is where "
        "reading stopped; the cause often stands just before it: a missing comma, bracket or "
        "quote, or a keyword of another dialect.",
    ),
    "W302": Code(
        "A file does not hold exactly one statement",
        "A model is one SELECT, and its result is the model's content. An empty file, or several "
        "statements, has no such result. Keep one SELECT, and put every other into a model of its "
        "own.",
    ),
    "W303": Code(
        "A statement that is no SELECT",
        "Models, quality rules and queries only read. Statements that create, change, attach, "
        "copy or set something do not compile. Write a SELECT; Weft makes the tables.",
    ),
    "W304": Code(
        "A query that is too long or nested too deeply",
        "Queries have limits, so that no definition can exhaust the program that reads it. Split "
        "the model into several that read each other.",
    ),
    "W305": Code(
        "A parameter in a query",
        "Models are compiled once and run as they are, so `?` and `$1` would never get a value. "
        "Write the value itself, or read it from a source.",
    ),
    "W306": Code(
        "A table function in FROM",
        "A function in FROM can read files and other systems past all rules. Only row generators "
        "such as `range` and `generate_series` are allowed. Declare data from outside in "
        "`sources/<name>.odcs.yaml` and add an input port.",
    ),
    "W307": Code(
        "A file in FROM",
        "Files are read through sources, which say where the file lies and what it has to hold. "
        "Declare it in `sources/<name>.odcs.yaml` and add an input port with its `id` as "
        "`contractId`.",
    ),
    "W308": Code(
        "A name in FROM that belongs to the warehouse",
        "FROM takes models of the product and its input ports, as `name` or `port.object`. "
        "Schemas and catalogs of a warehouse are not part of the mesh, and differ between "
        "warehouses. Use the name of a model or an input port.",
    ),
    "W309": Code(
        "A function that is not allowed",
        "Functions may use nothing but their arguments: those that read files, settings or the "
        "environment do not compile, and neither do those that Weft does not know as harmless. "
        "Replace it, or prepare its result in a source.",
    ),
    "W310": Code(
        "A kind of JOIN that is not allowed",
        "NATURAL and POSITIONAL joins change their meaning when a column or the order of rows "
        "changes. Join on named columns: `JOIN b USING (id)` or `JOIN b ON a.id = b.id`.",
    ),
    "W311": Code(
        "SELECT INTO",
        "`SELECT ... INTO` writes a table, and a query only reads. Remove INTO; the model's "
        "result is stored under the model's name.",
    ),
    "W312": Code(
        "Columns that are not named",
        "Numbers of columns and expressions over all columns change their meaning whenever a "
        "column is added. Write the names of the columns; a plain `*` in SELECT is allowed and "
        "expanded.",
    ),
    "W313": Code(
        "A construct that cannot be compiled",
        "The columns of a model have to be known before it runs, and the same on every warehouse. "
        "This construct makes that impossible. Rewrite it: a PIVOT, for example, as one aggregate "
        "with FILTER per column.",
    ),
    "W314": Code(
        "An unknown type",
        "The warehouse has no type of this name, so nothing can be cast to it and no column can "
        "have it. Write a type of the domain's `dialect`, such as `integer` or `varchar`.",
    ),
    "W320": Code(
        "An unknown column",
        "None of the relations in FROM has a column of this name. What a model may use of an "
        "input port is what the port's contract promises. Correct the name, or select the column "
        "in the model that is read.",
    ),
    "W321": Code(
        "An ambiguous column",
        "Several relations in FROM have a column of this name. Write which one is meant: "
        "`flights.id`.",
    ),
    "W322": Code(
        "A column of the result has no name",
        "Every warehouse would give the expression another name, so consumers could not rely on "
        "any. Name it with AS: `count(*) AS flights`.",
    ),
    "W323": Code(
        "A column stands in the result twice",
        "The result of a model is a relation, whose columns have different names. Rename one with "
        "AS, or leave it out: `SELECT * EXCLUDE (id)`.",
    ),
    "W324": Code(
        "A table that is not in FROM",
        "The part before the dot names a relation or alias that FROM of this SELECT does not "
        "have. An alias replaces the name it stands for. Correct the name, or add the relation to "
        "FROM.",
    ),
    "W325": Code(
        "A query that cannot be resolved",
        "The columns of the query could not be worked out, so nothing could be said about its "
        "result. Simplify it: name the columns instead of `*`, or split the query into CTEs or "
        "models.",
    ),
    "W326": Code(
        "The sides of a UNION do not fit",
        "Both sides of UNION, INTERSECT and EXCEPT have the same number of columns, and with BY "
        "NAME the same names. Write the columns out on both sides.",
    ),
    "W327": Code(
        "A SQL rule that gives several values",
        "A quality rule of type `sql` is one number compared with the promise, so its SELECT has "
        "one column. Keep one: `SELECT count(*) FROM ${table} WHERE price < 0`.",
    ),
    "W328": Code(
        "An unknown placeholder",
        "SQL of quality rules knows `${table}` (or `${object}`) for the object that is checked "
        "and `${column}` (or `${property}`) for the column that the rule stands under. Other "
        "placeholders stand for nothing.",
    ),
    "W329": Code(
        "A query that the warehouse cannot answer",
        "The query can be read, and its columns are known, but the warehouse refuses it in the "
        "words that are shown: an operator or function that does not take such values, or a value "
        "that cannot be cast. Cast what is meant, or use TRY_CAST, which gives null instead.",
    ),
    "W330": Code(
        "A query that the warehouse cannot run as it is written",
        "The domain's `dialect` is not that of its warehouse, so its SQL is translated. What has "
        "no counterpart there, or is not certain to give the same rows, is refused. Write it in "
        "another way, CAST what has no certain type, or set `dialect` in `domain.yaml` to that of "
        "the warehouse and rewrite the models.",
    ),
    "W331": Code(
        "An input port that cannot be brought over to another warehouse",
        "What a product reads on another warehouse is brought over to its own, with all columns of "
        "the port, and each keeps every value exactly as it is. The column that is named has a "
        "type for which the warehouse of the reader has no equal. Cast it in the model that fills "
        "the port, for example to text, or let both products live on one warehouse.",
    ),
    "W350": Code(
        "An unknown key in the head of a model",
        "The comment lines before the text of a model may hold its head: `-- key: value` in SQL, "
        "`# key: value` in Python. This line looks like a misspelled key, and as a comment it has "
        "no effect. Correct the key, or write the comment without a colon after its first word.",
    ),
    "W351": Code(
        "A value in the head of a model that cannot be used",
        "`materialized` is table, view, incremental or snapshot; `refresh` is always; "
        "`required`, `unique`, `unique_key` and `compare` list columns: `-- unique: [id]`; "
        "`time_column`, `changed_at` and `deleted` name one; `interval` is hour, day, month or "
        "year; `look_back` is a number of them, `start` a day such as 2026-01-31; `closes` is true "
        "or false. In Python, `columns` lists columns, `memory` is a size such as 2GB, and "
        "`timeout` a time such as 10m.",
    ),
    "W352": Code(
        "A key stands twice in the head of a model",
        "Only one of the two lines could count. Remove one of them; a list takes several "
        "columns: `-- required: [id, name]`.",
    ),
    "W353": Code(
        "A model that is no Python",
        "A file `models/*.py` could not be read as Python, of the version that runs Weft. The "
        "place shown is where reading stopped; the cause often stands just before it.",
    ),
    "W354": Code(
        "A model in Python without its function",
        "A model in Python is one function with the name of its file: `def delays(departures):` in "
        "`models/delays.py`. Other functions beside it help it. Rename the function or the file; "
        "a script that is no model belongs into another folder.",
    ),
    "W355": Code(
        "A parameter that stands for nothing",
        "The parameters of a model in Python are what it reads: models of the product and input "
        "ports, `port__object` for an object of a port. They are given by name, so `*`, `/` and "
        "defaults have no meaning. Write a constant into the file itself.",
    ),
    "W356": Code(
        "The columns of a model in Python are not known",
        "A function is not run to find out what it gives, and who reads a model has to know its "
        "columns. They are those that a contract promises of it; of a model that fills no port, "
        "those that its head names: `# columns: [id, name]`.",
    ),
    "W357": Code(
        "An import from the mesh",
        "A model in Python is one file, so that its meaning is in its text: it may import the "
        "standard library and installed packages, and no other file of the mesh. What several "
        "models share is a model that they read, or a package.",
    ),
    "W358": Code(
        "A model in Python that is no table",
        "What a function gives is stored, whole: nobody could ask a warehouse for a part of it, as "
        "of a view, or for what is new. Leave `materialized` out, and let a model in SQL that "
        "reads this one be a view, or grow.",
    ),
    "W360": Code(
        "Two unit tests with one name",
        "Results of tests are told apart by their names, which are unique in a product. Rename "
        "one of them.",
    ),
}
