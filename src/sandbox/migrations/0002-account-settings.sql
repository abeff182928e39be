-- How the account is paid, as account/account-settings.ts reads it; what is absent is as it was before there were settings.
create table sandbox.account_settings (
  only_row boolean primary key default true check (only_row),
  settings jsonb not null
);
insert into sandbox.account_settings (settings) values ('{}');
