-- Two databases: the bank that is logged, and the place where its logs are looked at.
CREATE ROLE teller LOGIN;
CREATE ROLE visitor LOGIN PASSWORD 'secret';
CREATE ROLE analyst LOGIN;
CREATE ROLE shipper LOGIN;
CREATE DATABASE bank;
CREATE DATABASE logs;
GRANT CREATE ON DATABASE logs TO analyst;
