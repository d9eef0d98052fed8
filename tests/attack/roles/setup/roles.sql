-- The roles of the matrix: who owns the hostile code, who owns a model over a hostile source, and who has fewer rights.
CREATE ROLE hostile LOGIN;
CREATE ROLE victim LOGIN;
CREATE ROLE reader LOGIN;
CREATE ROLE inserter LOGIN;
CREATE ROLE stranger LOGIN;
