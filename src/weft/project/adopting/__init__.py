"""From what is there already to drafts of data products: tables, files, and projects of dbt."""
