-- A copy for tests: what reaches or names people outside stops here.

-- The public pages are closed, and no mail is taken in or answered.
UPDATE res_company
   SET sekp_public_page = FALSE, sekp_mail_answers = FALSE;
UPDATE mail_alias
   SET alias_name = NULL
 WHERE alias_model_id IN (SELECT id FROM ir_model WHERE model = 'sekp.team');
UPDATE res_users
   SET sekp_digest = FALSE;

-- Codes that people hold open nothing, and no number can be tried.
UPDATE sekp_dialogue
   SET code_digest = NULL;
DELETE FROM sekp_identity_lookup;

-- What is sealed belongs to its row by this mark: with another one no key opens it.
UPDATE sekp_identity
   SET token = md5(random()::text);
UPDATE sekp_document
   SET token = md5(random()::text);
UPDATE sekp_dialogue_message
   SET token = md5(random()::text);
UPDATE sekp_mail_held
   SET token = md5(random()::text);
