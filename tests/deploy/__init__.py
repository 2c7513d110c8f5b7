"""Tests of releases, updates and enrolment that need no booted board."""
