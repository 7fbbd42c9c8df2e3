-- PostgreSQL lets everybody make triggers of a new function. With one of these on a table of its own, whose column is of a type of its
-- own with a cast of its own, the role of the running vault had that cast run as the owner of the tables. Where the guards stand
-- already they need no right of whoever writes.
REVOKE ALL ON FUNCTION sallyport_require_root_key() FROM PUBLIC;--> statement-breakpoint
REVOKE ALL ON FUNCTION sallyport_check_sealed() FROM PUBLIC;--> statement-breakpoint
REVOKE ALL ON FUNCTION sallyport_check_totp_sealed() FROM PUBLIC;--> statement-breakpoint
REVOKE ALL ON FUNCTION sallyport_check_reference() FROM PUBLIC;
