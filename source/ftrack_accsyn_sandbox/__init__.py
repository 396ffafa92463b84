"""An embedded studio, ftrack and accsyn on loopback, to try out, develop and test the plugin on."""
