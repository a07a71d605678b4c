/** What only tests use: sample frames, scripted peers, worlds in a box. Published as a test-jar. */
package dev.tapstack.testkit;
